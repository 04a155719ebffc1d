import { readFileSync } from 'node:fs';
import { fastify } from 'fastify';

// The floor under an answer over REST: a route that sends bytes that are there already, and does nothing else.
const app = fastify();
const body = readFileSync(process.argv[2] ?? '', 'utf8');
app.get('/', (_request, reply) => reply.header('content-type', 'application/json; charset=utf-8').send(body));
const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
console.log(JSON.stringify({ msg: 'ready', httpPort: Number(port) }));
process.on('SIGTERM', () => process.exit(0));
