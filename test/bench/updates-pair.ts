import { createLibp2pNetwork } from '../../protocols/libp2p/network.ts';
import { MAX_BATCH_BYTES, MAX_UPDATE_ENVELOPE_BYTES } from '../../protocols/updates/constants.ts';
import { UpdateFeed } from '../../protocols/updates/update-feed.ts';
import { UpdateSource } from '../../protocols/updates/update-source.ts';
import { layoutOf } from '../../src/models/layout.ts';
import { Identity } from '../../src/sum/identity.ts';
import { UpdateLog } from '../../src/sum/update-log.ts';
import { VersionVector } from '../../src/sum/version-vector.ts';
import { systemClock } from '../../src/support/system-clock.ts';
import { Countdown, type Pair } from './countdown.ts';

const LOG_BYTES = 2 ** 28;
/** As in a peer with frames of these sizes. */
const WINDOW_BYTES = 2 ** 20;

/** The `updates` protocol between two nodes: frames go into the log of one, and the feed of the other takes each at once. */
export async function updatesPair(frameBytes: number, frames: number): Promise<Pair> {
  const server = await createLibp2pNetwork({ listen: ['/ip4/127.0.0.1/tcp/0'] });
  const client = await createLibp2pNetwork({ listen: [] });
  const log = new UpdateLog(LOG_BYTES);
  const identity = new Identity(server.self, () => 0n);
  const source = new UpdateSource(
    { network: server, clock: systemClock, log },
    { layout: layoutOf([]), unit: 1, identity, admits: () => true, onTold: () => {}, onInvalid: unexpected },
  );
  await Promise.all([server.start(), client.start()]);
  await client.dial(server.addresses[0]!);

  const received = new Countdown();
  const feed = new UpdateFeed(
    { network: client, clock: systemClock },
    {
      source: server.self,
      scope: [server.self],
      windowBytes: WINDOW_BYTES,
      maxMessageBytes: Math.max(MAX_BATCH_BYTES, frameBytes + MAX_UPDATE_ENVELOPE_BYTES),
      tellEvery: Number.POSITIVE_INFINITY,
      arrived: new VersionVector(),
      receive: (_origin, { length }, from) => {
        from.taken(length);
        received.pass(length);
      },
      onTooFarBehind: unexpected,
    },
  );
  const end = new AbortController();
  const running = feed.run(end.signal);
  const frame = new Uint8Array(frameBytes).fill(1);
  let published = 0;
  return {
    async transfer() {
      const completed = received.start(frameBytes * frames);
      for (let i = 0; i < frames; i++, published++) {
        log.append({ origin: identity.origin, from: published, to: published + 1, bytes: frame });
      }
      source.logGrew();
      await completed;
    },
    async stop() {
      end.abort();
      await running;
      await Promise.all([client.stop(), server.stop()]);
    },
  };
}

function unexpected(...told: readonly unknown[]): never {
  throw new Error(told.join(': '));
}
