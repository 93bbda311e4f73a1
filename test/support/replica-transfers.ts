import type { Channel, Network } from '../../protocols/network.ts';
import { maxImageBytes, REPLICA_PROTOCOL } from '../../protocols/replica/constants.ts';
import { type FetchedReplica, fetchReplica, type ReplicaFetchInit } from '../../protocols/replica/replica-fetch.ts';
import { ReplicaSource, type ReplicaSourceInit } from '../../protocols/replica/replica-source.ts';
import type { Clock } from '../../src/support/clock.ts';
import { seededRandom } from '../../src/support/random.ts';

export const imageVector = [['s/0000000000000001', 7]] as const;
export const imageSamples = [
  ['s', 700],
  ['other', 300],
] as const;

/** Bytes that stand for an image: a transfer does not look into it. */
export function imageBytes(length: number, seed: number | string = 1): Uint8Array {
  const random = seededRandom(seed);
  return new Uint8Array(
    Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.below(2 ** 32)).buffer,
    0,
    length,
  );
}

/** A source of one image, or of what `init` says, that admits everyone. */
export function serveReplica(
  network: Network,
  clock: Clock,
  bytes: Uint8Array,
  init: Partial<ReplicaSourceInit> = {},
): { readonly source: ReplicaSource; readonly invalid: string[] } {
  const invalid: string[] = [];
  const source = new ReplicaSource(
    { network, clock },
    {
      admits: () => true,
      image: async () => ({ bytes, vector: imageVector }),
      samples: () => imageSamples,
      onInvalid: (peer, problem) => invalid.push(`${peer}: ${problem}`),
      ...init,
    },
  );
  return { source, invalid };
}

/** Fetches whatever there is of a model of two million parameters. */
export function fetchFrom(
  source: string,
  components: { network: Network; clock: Clock },
  init: Partial<ReplicaFetchInit> = {},
): Promise<FetchedReplica | null> {
  return fetchReplica(components, {
    source,
    maxImageBytes: maxImageBytes(2_000_000),
    wants: () => true,
    signal: new AbortController().signal,
    ...init,
  });
}

/** The network as it is, with all channels for replicas that it opens in sight. */
export function watched(network: Network, opened: (channel: Channel) => void): Network {
  return new Proxy(network, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'open') return value.bind(target);
      return async (...request: Parameters<Network['open']>) => {
        const channel = await target.open(...request);
        if (request[1] === REPLICA_PROTOCOL) opened(channel);
        return channel;
      };
    },
  });
}
