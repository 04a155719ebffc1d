import uWS from 'uWebSockets.js';

// The floor: a server that does nothing but send each frame back. What anything written on uWebSockets.js costs on top
// of it is its own doing.
const app = uWS.App().ws('/*', {
  compression: uWS.DISABLED,
  message: (socket, bytes, isBinary) => void socket.send(bytes, isBinary),
});
app.listen('127.0.0.1', 0, (token) => {
  if (token === false) throw new Error('cannot listen');
  console.log(JSON.stringify({ msg: 'ready', port: uWS.us_socket_local_port(token) }));
});
process.on('SIGTERM', () => process.exit(0));
