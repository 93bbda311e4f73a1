import type { PeerEvent } from '../peer/events.ts';
import { formatBytes, formatCount, formatSeconds, formatShare } from '../scenarios/format.ts';

/** One event as people read it, with the time of day. */
export function eventLine(event: PeerEvent): string {
  return `${new Date(event.atMs).toISOString().slice(11, 19)}  ${words(event)}`;
}

function words(event: PeerEvent): string {
  switch (event.type) {
    case 'listening':
      return `${event.peer} listens on ${event.addresses.join(', ')}`;
    case 'ready':
      return `ready: ${formatCount(event.parameters)} parameters on ${event.backend}, ${formatCount(event.shardSamples)} samples`;
    case 'member':
      return `peer ${event.member} ${event.state === 'silent' ? 'has fallen silent' : `is ${event.state}`}`;
    case 'started':
      return `training starts with ${event.members} members`;
    case 'progress': {
      const { round, samplesPerSecond, accuracy, bytesSent, updateAgeSeconds } = event.progress;
      const age = formatSeconds(updateAgeSeconds?.p50 ?? null);
      return `round ${formatCount(round)}, ${formatCount(samplesPerSecond)} samples/s, accuracy ${formatShare(accuracy)}, sent ${formatBytes(bytesSent)}, age ${age}`;
    }
    case 'evaluation': {
      const set = event.whole ? 'the whole test set' : 'held-out samples';
      return `accuracy ${formatShare(event.accuracy)} on ${set} after ${formatCount(event.swarmSamples)} samples of the swarm`;
    }
    case 'restored':
      return `goes on from round ${formatCount(event.rounds)}, after ${formatCount(event.samples)} samples of its own`;
    case 'checkpointed':
      return `checkpoint of round ${formatCount(event.rounds)} written: ${formatBytes(event.bytes)}`;
    case 'transferring':
      return `fetches the replica of ${event.source}: ${formatBytes(event.bytes)}`;
    case 'adopted':
      return `has taken over the replica of ${event.source} in ${formatSeconds(event.seconds)}; ${formatCount(event.putBack)} own updates put back, ${formatCount(event.lost)} lost`;
    case 'tuned': {
      const { localSteps, partitions, density, allowedBytesPerSecond } = event;
      const allowed = `${formatBytes(allowedBytesPerSecond)}/s`;
      return `${localSteps} local steps, ${partitions} partitions, density ${formatShare(density)}: ${event.reason === 'queue' ? 'a queue drains' : 'up to'} ${allowed}`;
    }
    case 'converged':
      return `the swarm has reached its target after ${formatCount(event.swarmSamples)} samples`;
    case 'finishing':
      return `finishing: ${{ target: 'target reached', samples: 'samples used up', seconds: 'time is up', asked: 'asked to stop' }[event.reason]}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'finished':
      return `finished: accuracy ${formatShare(event.report.accuracy)}, sent ${formatBytes(event.report.bytesSent)}`;
  }
}
