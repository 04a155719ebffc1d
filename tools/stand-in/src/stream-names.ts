/** The stream that holds what is set for another one: `$maxCount`, `$maxAge`, `$tb`. */
const metadataPrefix = '$$';

export function metadataStreamOf(stream: string): string {
  return metadataPrefix + stream;
}

export function isMetadataStream(stream: string): boolean {
  return stream.startsWith(metadataPrefix);
}

/** The stream that a metadata stream is of; any other stream is its own. */
export function originalStreamOf(stream: string): string {
  return isMetadataStream(stream) ? stream.slice(metadataPrefix.length) : stream;
}
