import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isUserId } from '../domain/user/user.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { reached } from './context.ts';
import type { ApiContext } from './context.ts';
import { noSecurity } from './openapi.ts';
import type { App } from './route.ts';
import { offer, problems, queryProblems } from './schemas.ts';

/** Where a picture of a user without one is drawn. */
export function avatarPath(id: string): string {
  return `/avatars/${id}.svg`;
}

/** Pictures for the original system's page, which wants one of everybody: a letter of the name on a colour of the id. */
export function avatarRoute(app: App, context: ApiContext): void {
  app.get(
    '/avatars/:file',
    {
      schema: {
        tags: ['original'],
        ...noSecurity,
        operationId: 'avatar',
        summary: 'A picture of a user, drawn from the name',
        description: 'For users without a picture: the original page wants one of everybody.',
        params: z.object({ file: z.string().meta({ description: 'A user id, then .svg', ...offer('1001.svg') }) }),
        response: {
          200: { description: 'The picture', content: { 'image/svg+xml': { schema: z.string() } } },
          ...problems('USER_NOT_FOUND', ...queryProblems),
        },
      },
    },
    async (request, reply) => {
      const id = /^(.+)\.svg$/.exec(request.params.file)?.[1] ?? '';
      await reached(context, request, ...(isUserId(id) ? [id] : []));
      const user = isUserId(id) ? await context.readModel.user(id) : undefined;
      if (user === undefined) throw new WeiliaoError('USER_NOT_FOUND', 'there is no such user');
      // Whatever a name holds, nothing of it runs where the picture is opened by itself.
      void reply.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
      void reply.header('Cache-Control', 'public, max-age=300').type('image/svg+xml');
      return reply.serializer(String).send(draw(id, user.username));
    },
  );
}

function draw(id: string, name: string): string {
  const hue = createHash('sha256').update(id).digest().readUInt16BE(0) % 360;
  const [first] = new Intl.Segmenter().segment(name);
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">' +
    `<rect width="96" height="96" fill="hsl(${hue} 45% 38%)"/>` +
    '<text x="48" y="64" font-family="sans-serif" font-size="44" fill="#fff" text-anchor="middle">' +
    `${escaped((first?.segment ?? '?').toUpperCase())}</text></svg>`
  );
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
