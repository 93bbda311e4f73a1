import type { LineSettings, Links, PathSettings } from '../../protocols/simulated/links.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Simulation } from './simulation.ts';
import { peerIndex } from './virtual-peer.ts';

const BYTES_PER_MBIT = 125_000;

/** The links that a scenario's section tells; its lists and tables are dealt to the peers in turn. */
export function virtualLinks(links: Simulation['links']): Links {
  const [uplinks, downlinks] = [listOf(links.uplinkMbits), listOf(links.downlinkMbits)];
  const table = typeof links.latencyMs === 'number' ? [[links.latencyMs]] : links.latencyMs;
  const { jitterMs, overtakingMs, connectionSeconds, corruption } = links;
  const common = {
    jitterMs,
    overtakingMs,
    corruption,
    ...(connectionSeconds === null ? {} : { connectionMs: 1000 * connectionSeconds }),
  };
  const paths: PathSettings[][] = table.map((row) => row.map((latencyMs) => ({ ...common, latencyMs })));
  const lines = new Map<PeerName, LineSettings>();
  const lineOf = (peer: PeerName) => {
    const known = lines.get(peer);
    if (known !== undefined) return known;
    const index = peerIndex(peer);
    const line = { ...rate('bytesPerSecond', uplinks, index), ...rate('downBytesPerSecond', downlinks, index) };
    lines.set(peer, line);
    return line;
  };
  const pathOf = (from: PeerName, to: PeerName) => dealt(dealt(paths, peerIndex(from)), peerIndex(to));
  return { lineOf, pathOf };
}

function listOf(value: number | readonly number[] | null): readonly number[] | null {
  return typeof value === 'number' ? [value] : value;
}

function dealt<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!;
}

function rate(name: keyof LineSettings, mbits: readonly number[] | null, index: number): LineSettings {
  return mbits === null ? {} : { [name]: BYTES_PER_MBIT * dealt(mbits, index) };
}
