import { createServer } from 'node:net';

/** Takes every mail and forgets it: the least that speaks SMTP. `node mail-sink.ts`: prints its port. */
const server = createServer((socket) => {
  let received = '';
  let inBody = false;
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.write('220 sink ESMTP\r\n');
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    let answers = '';
    for (;;) {
      const end = received.indexOf(inBody ? '\r\n.\r\n' : '\r\n');
      if (end < 0) break;
      const line = received.slice(0, end);
      received = received.slice(end + (inBody ? 5 : 2));
      if (inBody) {
        inBody = false;
        answers += '250 2.0.0 taken\r\n';
      } else if (line === 'DATA') {
        inBody = true;
        answers += '354 go on\r\n';
      } else {
        answers += line.startsWith('EHLO') ? '250-sink\r\n250 PIPELINING\r\n' : '250 2.0.0 ok\r\n';
      }
    }
    if (answers) socket.write(answers);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
