import { afterEach, describe, expect, test } from 'vitest';
import { createLibp2pNetwork } from '../../../protocols/libp2p/network.ts';
import type { Channel, Network } from '../../../protocols/network.ts';
import { PIECE_BYTES } from '../../../protocols/replica/constants.ts';
import { systemClock } from '../../../src/support/system-clock.ts';
import { cutAfter, largeImage, largeImageHash } from '../../support/replica-meeting.ts';
import { fetchFrom, serveReplica, watched } from '../../support/replica-transfers.ts';

describe('over libp2p', () => {
  const started: Network[] = [];
  afterEach(() => Promise.all(started.splice(0).map((network) => network.stop())));

  async function start(prepare: (network: Network) => void = () => {}): Promise<Network> {
    const network = await createLibp2pNetwork({ listen: ['/ip4/127.0.0.1/tcp/0'] });
    prepare(network);
    await network.start();
    started.push(network);
    return network;
  }

  test('a replica comes whole, and the rest of it alone where its stream was cut', async () => {
    const network = await start((prepared) => void serveReplica(prepared, systemClock, largeImage));
    const receiver = await start();
    await receiver.dial(network.addresses[0]!);
    const channels: Channel[] = [];
    let before = 0;
    const seen = watched(receiver, (channel) => {
      channels.push(channel);
      before = receiver.traffic().bytesReceived;
    });
    const half = largeImage.length / 2;
    const components = { network: seen, clock: systemClock };
    const replica = await fetchFrom(network.self, components, { onProgress: cutAfter(half, channels) });
    expect(Buffer.compare(replica!.bytes, largeImage)).toBe(0);
    expect(replica!.imageHash).toBe(largeImageHash);
    expect(channels).toHaveLength(2);
    const second = receiver.traffic().bytesReceived - before;
    expect(second).toBeLessThan(1.02 * half + PIECE_BYTES);
    expect(second).toBeGreaterThan(half - 2 * PIECE_BYTES);
  });

  test('one that is not wanted leaves the connection as it was', async () => {
    const network = await start((prepared) => void serveReplica(prepared, systemClock, largeImage));
    const receiver = await start();
    await receiver.dial(network.addresses[0]!);
    const components = { network: receiver, clock: systemClock };
    expect(await fetchFrom(network.self, components, { wants: () => false })).toBe(null);
    expect((await fetchFrom(network.self, components))!.imageHash).toBe(largeImageHash);
  });
});
