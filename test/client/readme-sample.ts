import { ClientError, connect } from '@weiliao/client';

const session = connect({ url: 'ws://127.0.0.1:9093/v1/ws', user: '1001' });

session.on('message', ({ from, msg, conversation, seq }) => {
  console.log(`${from.username}: ${msg}`);
  if (from.id !== '1001') void session.markRead(conversation, seq);
});
session.on('close', ({ code, retryInMs }) => {
  console.log(retryInMs === undefined ? `over, code ${code}` : `again in ${retryInMs} ms`);
});

try {
  const { seq, duplicate } = await session.send({ to: '1002', msg: 'hello' });
  console.log(`kept as message ${seq}${duplicate ? ', for the second time' : ''}`);
} catch (error) {
  if (error instanceof ClientError) console.log(error.code, error.message);
}

session.close();
