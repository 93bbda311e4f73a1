import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type ByteSink, gatherWrites } from '../../../protocols/libp2p/gathered-writes.ts';

const open: { destroy(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const here = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [there] = (await accepted) as [Socket];
  open.push(here, there, { destroy: () => server.close() });
  return [here, there];
}

function sinkOf(socket: Socket): ByteSink {
  const sink: ByteSink = { sendData: () => ({ sentBytes: 0, canSendMore: false }) };
  gatherWrites(sink, socket);
  return sink;
}

it('brings all pieces in order', async () => {
  const [here, there] = await socketPair();
  const pieces = Array.from({ length: 20 }, (_, i) => new Uint8Array(i * 10).fill(i));
  expect(sinkOf(here).sendData(pieces).sentBytes).toBe(1900);
  here.end();
  const received: Buffer[] = [];
  for await (const data of there) received.push(data as Buffer);
  expect(Buffer.concat(received).equals(Buffer.concat(pieces))).toBe(true);
});

it('holds back a sender whose bytes the system does not take, until the drain', async () => {
  const [here, there] = await socketPair();
  there.pause();
  const sink = sinkOf(here);
  let sends = 1;
  for (; sink.sendData([new Uint8Array(10), new Uint8Array(2 ** 20)]).canSendMore; sends++)
    expect(sends).toBeLessThan(99);
  const drained = once(here, 'drain');
  there.resume();
  await drained;
  expect(here.writableLength).toBe(0);
});

it('takes nothing more on a socket that is gone', async () => {
  const [here] = await socketPair();
  here.on('error', () => {});
  here.destroy();
  expect(sinkOf(here).sendData([Uint8Array.of(1)]).canSendMore).toBe(false);
});
