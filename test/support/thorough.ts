/** Whether loops of faults go on for as long as CI lets them (`THOROUGH=1`), or only until each fault was seen. */
export const thorough = process.env['THOROUGH'] !== undefined;
