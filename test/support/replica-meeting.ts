import { createHash } from 'node:crypto';
import type { Channel } from '../../protocols/network.ts';
import type { ReplicaFetchInit } from '../../protocols/replica/replica-fetch.ts';
import type { ReplicaSourceInit } from '../../protocols/replica/replica-source.ts';
import { fetchFrom, imageBytes, serveReplica, watched } from './replica-transfers.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Three windows of a channel and a bit, so that neither end is on the edge of a piece. */
export const largeImage = imageBytes(3 * 2 ** 20 + 1234);
export const largeImageHash = createHash('sha256').update(largeImage).digest('hex');

/** The source `s`, which serves the large image, and who fetches from it; `channels` are those that `r` has opened. */
export async function meetReplica(world: SimulatedWorld, init: Partial<ReplicaSourceInit> = {}) {
  const { clock } = world;
  let served!: ReturnType<typeof serveReplica>;
  const network = await world.start('s', (prepared) => {
    served = serveReplica(prepared, clock, largeImage, init);
  });
  const receiver = await world.connected('r', network);
  const channels: Channel[] = [];
  const seen = watched(receiver, (channel) => channels.push(channel));
  const fetch = (how: Partial<ReplicaFetchInit> = {}) => fetchFrom('s', { network: seen, clock }, how);
  /** Fetches as another receiver than `r`. */
  const fetchAs = async (name: string, how: Partial<ReplicaFetchInit> = {}) =>
    fetchFrom('s', { network: await world.connected(name, network), clock }, how);
  return { ...served, network, receiver, channels, fetch, fetchAs };
}

/** A transfer's `onProgress` that aborts its last channel once so many bytes have come, and runs `then`. */
export function cutAfter(limit: number, channels: readonly Channel[], then: () => void = () => {}) {
  let cut = false;
  return (received: number) => {
    if (cut || received < limit) return;
    cut = true;
    channels.at(-1)!.abort();
    then();
  };
}
