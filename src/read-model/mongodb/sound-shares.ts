import { z } from 'zod';

const lease = { holder: z.string().nullable(), owner: z.string().nullable(), expires: z.date() };
const landmark = z.looseObject({
  at: z.int(),
  log: z.string().nullable(),
  stream: z.string(),
  revision: z.int(),
  id: z.string(),
  created: z.int(),
});
const share = z.looseObject({
  ...lease,
  position: z.int().nonnegative(),
  landmark: landmark.nullish(),
  epoch: z.int(),
});

const shape = z.looseObject({
  version: z.int(),
  epoch: z.int(),
  count: z.int().positive(),
  shares: z.record(z.string(), share),
  fence: z.looseObject({ ...lease, holder: z.string(), owner: z.string() }).nullable(),
});

/** Whether a document of `projection` is as this program writes it: anybody may have changed it. */
export function isSound(found: unknown): boolean {
  const { success, data } = shape.safeParse(found);
  if (!success) return false;
  const { count, shares } = data;
  return Object.keys(shares).length === count && Object.keys(shares).every((index) => Number(index) <= count);
}
