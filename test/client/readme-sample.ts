import { ClientError, createClient } from '@weiliao/client';

const client = createClient({ url: 'http://127.0.0.1:9092', user: '1001' });
const room = client.conversation('dm~1001~1002');

client.connection.subscribe(() => console.log(client.connection.get().state));
client.on('message', ({ from, msg, conversation, seq }) => {
  console.log(`${from.username}: ${msg}`);
  if (from.id !== '1001') client.markRead(conversation, seq);
});
client.connect();

for await (const page of room.history()) console.log(`${page.length} older messages`);
try {
  const { seq } = await room.send('hello');
  console.log(`kept as message ${seq}; here are ${room.get().messages.length}`);
} catch (error) {
  if (error instanceof ClientError) console.log(error.code, error.message);
}

client.disconnect();
