import type { Channel, Network } from '../../protocols/network.ts';
import type { SimulatedHub } from '../../protocols/simulated/hub.ts';

export const PROTOCOL = '/test/1';
export const OPTIONS = { maxMessageBytes: 2 ** 20 };

export interface Pair {
  readonly a: Network;
  readonly b: Network;
  /** The ends at `a` of the channels that were opened, and those at `b`, in the same order. */
  readonly here: readonly Channel[];
  readonly there: readonly Channel[];
}

/** Two started networks, connected, with channels from `a` to `b`. */
export async function simulatedPair(hub: SimulatedHub, channels = 1): Promise<Pair> {
  const [a, b] = [hub.network('a'), hub.network('b')];
  const there: Channel[] = [];
  b.handle(PROTOCOL, OPTIONS, (channel) => there.push(channel));
  await a.start();
  await b.start();
  await a.dial('/simulated/b');
  const here: Channel[] = [];
  for (let count = 0; count < channels; count++) here.push(await a.open('b', PROTOCOL, OPTIONS));
  return { a, b, here, there };
}

/** The next message of a channel. */
export async function nextOf(channel: Channel): Promise<Uint8Array> {
  for await (const message of channel.messages()) return message;
  throw new Error('the channel has ended');
}
