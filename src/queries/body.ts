import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { parseJson } from '../protocol/parse-json.ts';
import { BadBodyError } from './problem.ts';

/** JSON is the one language of bodies. It must be UTF-8: what cannot be decoded would be stored as something else. */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    try {
      done(null, read(body));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook('preParsing', (request, reply, ...[payload, done]) => {
    const coding = request.headers['content-encoding'];
    if (coding === undefined || /^identity$/i.test(coding)) {
      done(null, payload);
      return;
    }
    void reply.header('Accept-Encoding', 'identity');
    done(new BadBodyError('Body is compressed: send it as it is', 415));
  });
}

function read(body: Buffer): unknown {
  if (!isUtf8(body)) throw new BadBodyError('Body is not UTF-8');
  try {
    return parseJson(body.toString());
  } catch {
    throw new BadBodyError(body.length === 0 ? 'Body is empty' : 'Body is not JSON');
  }
}
