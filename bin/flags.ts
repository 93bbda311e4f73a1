import { multiaddr } from '@multiformats/multiaddr';
import { type BackendName, backendNames } from '../src/compute/compute.ts';
import { MAX_PEERS } from '../src/manifest.ts';
import { MurmurError } from '../src/support/errors.ts';

function wrong(field: string, expected: string, text: string, mend: string): MurmurError {
  const problem = `expected ${expected}, got ${JSON.stringify(text)}`;
  return new MurmurError({ code: 'CONFIG_INVALID', field, problem, mend });
}

/** A parser of whole numbers from `least` to `most`. */
function whole(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw wrong(flag, `a whole number from ${least} to ${most}`, text, `write for example ${flag} ${least}`);
  };
}

export const parseSeed = whole('--seed', 0, 2 ** 32 - 1);
export const parsePeers = whole('--peers', 1, MAX_PEERS);
export const parseProcesses = whole('--processes', 1, MAX_PEERS);
const parseShard = whole('--shard', 0, MAX_PEERS - 1);

export const parseCheckpointSeconds = whole('--checkpoint-seconds', 1, 86_400);
/** Up to what one process can hold. */
export const parseLogBytes = whole('--log-bytes', 2 ** 10, 2 ** 36);

export function parseBackend(text: string): BackendName {
  const name = backendNames.find((each) => each === text);
  if (name === undefined) throw wrong('--backend', `one of ${backendNames.join(', ')}`, text, 'or leave it out');
  return name;
}

/** A shard is trained on by one peer; given again, it is refused. */
export function collectShards(text: string, before: readonly number[] = []): number[] {
  const shard = parseShard(text);
  if (before.includes(shard)) throw wrong('--shard', 'each shard once', text, 'leave the second out');
  return [...before, shard];
}

/** Collects a repeated flag's multiaddresses. */
export function collectAddresses(flag: string): (text: string, before: string[] | undefined) => string[] {
  return (text, before = []) => {
    try {
      multiaddr(text);
    } catch {
      throw wrong(flag, 'a multiaddress', text, `write for example ${flag} /ip4/127.0.0.1/tcp/4000`);
    }
    return [...before, text];
  };
}

export function collect(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}
