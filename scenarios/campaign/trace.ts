import type { PeerEvent } from '../../peer/events.ts';
import type { Happening } from '../simulated/virtual-swarm.ts';

/** Says what befalls a swarm beforehand, a line each, and returns what says each event but the regular ones. */
export function tracer(happenings: readonly Happening[], say: (line: string) => void): (event: PeerEvent) => void {
  for (const { atMs, kind, ...rest } of happenings) say(`${seconds(atMs)}  will be: ${kind} ${JSON.stringify(rest)}`);
  let startMs: number | null = null;
  return ({ atMs, peer, type, ...rest }) => {
    startMs ??= atMs;
    if (type !== 'progress') say(`${seconds(atMs - startMs)}  ${peer} ${type} ${JSON.stringify(rest)}`);
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(9)} s`;
}
