import { rooms } from './house.mjs';

/** Rooms whose arrows are drawn thin: nearly everybody may import them. */
const everywhere = ['domain', 'shared'];

/** The house as a mermaid graph: a box for each room, an arrow for each import that is allowed. */
export function housePicture() {
  const lines = Object.entries(rooms).flatMap(([room, { may }]) => [
    ...arrows(
      room,
      '-->',
      may.filter((other) => !everywhere.includes(other)),
    ),
    ...arrows(
      room,
      '-.->',
      may.filter((other) => everywhere.includes(other)),
    ),
  ]);
  return ['```mermaid', 'graph TD', ...Object.keys(rooms).map((room) => `  ${room}`), ...lines, '```'].join('\n');
}

/**
 * @param {string} from
 * @param {string} arrow
 * @param {readonly string[]} to
 */
function arrows(from, arrow, to) {
  return to.length === 0 ? [] : [`  ${from} ${arrow} ${to.join(' & ')}`];
}
