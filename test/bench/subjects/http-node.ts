/** Bare node:http. */
import { createServer, type ServerResponse } from 'node:http';
import { beHttpSubject } from '../subject.ts';
import { NOOP_ANSWER } from '../work.ts';

const server = createServer((req, res) => {
  if (req.method === 'GET') {
    answer(res, NOOP_ANSWER);
    return;
  }
  let text = '';
  req.setEncoding('utf8');
  req.on('data', (chunk: string) => {
    text += chunk;
  });
  req.on('end', () => answer(res, JSON.parse(text)));
});

function answer(res: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  res.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(body);
}

beHttpSubject(server.listen(0, '127.0.0.1'));
