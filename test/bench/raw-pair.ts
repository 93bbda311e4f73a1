import { noise } from '@chainsafe/libp2p-noise';
import { identify } from '@libp2p/identify';
import type { Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { MAX_WINDOW_BYTES } from '../../protocols/libp2p/constants.ts';
import { Countdown, type Pair } from './countdown.ts';

const PROTOCOL = '/bench/raw/1';

/** A bare libp2p stream between two nodes: chunks as long as the frames, one a call, held back by `drain`. */
export async function rawPair(frameBytes: number, frames: number): Promise<Pair> {
  const [server, client] = await Promise.all([rawNode(['/ip4/127.0.0.1/tcp/0']), rawNode([])]);
  const frame = new Uint8Array(frameBytes).fill(1);
  const received = new Countdown();
  await server.handle(PROTOCOL, (stream) => {
    stream.addEventListener('message', ({ data }) => received.pass(data.byteLength));
  });
  await client.dial(server.getMultiaddrs());
  const stream = await client.dialProtocol(server.getMultiaddrs(), PROTOCOL);
  return {
    async transfer() {
      const completed = received.start(frameBytes * frames);
      for (let i = 0; i < frames; i++) if (!stream.send(frame)) await drained(stream);
      await completed;
    },
    stop: async () => void (await Promise.all([client.stop(), server.stop()])),
  };
}

function rawNode(listen: string[]) {
  return createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: MAX_WINDOW_BYTES } })],
    services: { identify: identify() },
  });
}

async function drained(stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) {
    await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }));
  }
}
