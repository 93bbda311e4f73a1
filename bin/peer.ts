import { Command } from 'commander';
import type { PeerEvent } from '../peer/events.ts';
import { fillDataCache } from '../peer/machine/data-cache.ts';
import { showDownloads } from '../scenarios/runner/download-bar.ts';
import type { BackendName } from '../src/compute/compute.ts';
import type { Manifest } from '../src/manifest.ts';
import type { PeerName } from '../src/sum/origin.ts';
import { MurmurError } from '../src/support/errors.ts';
import { exitStatus } from './exit-status.ts';
import { collectAddresses, collectShards, parseBackend, parseCheckpointSeconds, parseLogBytes } from './flags.ts';
import { readManifest } from './manifest-file.ts';
import { eventLine } from './peer-lines.ts';
import { type StopSignal, stopOnSignals } from './stop-on-signals.ts';

interface PeerFlags {
  run: string;
  listen: string[];
  announce?: string[];
  join?: string[];
  shard?: number[];
  backend?: BackendName;
  state?: string;
  checkpointSeconds?: number;
  logBytes?: number;
  json?: boolean;
}

export const peerCommand = new Command('peer')
  .description('run one peer of a swarm')
  .requiredOption('--run <manifest.json>', 'what all peers of the run agree on')
  .requiredOption('--listen <multiaddr>', 'where others reach this peer; may be repeated', collectAddresses('--listen'))
  .option(
    '--announce <multiaddr>',
    'where others reach it, if that is elsewhere than it listens; may be repeated',
    collectAddresses('--announce'),
  )
  .option('--join <multiaddr>', 'a peer that is already there; may be repeated', collectAddresses('--join'))
  .option(
    '--shard <k>',
    'which share of the data it learns from, 0 to peers - 1; repeated, a peer for each, in this process',
    collectShards,
  )
  .option('--backend <name>', 'insist on a compute backend', parseBackend)
  .option('--state <folder>', 'keep its name and its checkpoints there, to come back with after a crash')
  .option('--checkpoint-seconds <s>', 'time between two checkpoints, 15 where left out', parseCheckpointSeconds)
  .option(
    '--log-bytes <n>',
    'memory for updates that others may still need; by the model where left out',
    parseLogBytes,
  )
  .option('--json', 'print events as JSON, one a line')
  .action(async (flags: PeerFlags) => {
    // Before anything that takes time: a runner may be gone by the end of it.
    const { signal, release } = stopWhenTold();
    try {
      const reached = await peer(flags, signal);
      // Whatever may still be open in it.
      process.exit(reached ? exitStatus.reached : exitStatus.notReached);
    } finally {
      release();
    }
  });

/** Runs to the end and tells whether the swarm reached its target, as every peer of this process saw it. */
async function peer(flags: PeerFlags, signal: AbortSignal): Promise<boolean> {
  const manifest = await readManifest(flags.run);
  const shards = flags.shard ?? [null];
  if (flags.checkpointSeconds !== undefined && flags.state === undefined) {
    const problem = 'there is nowhere to keep a checkpoint';
    throw new MurmurError({ code: 'CONFIG_INVALID', field: '--checkpoint-seconds', problem, mend: 'give --state too' });
  }
  checkShards(flags, manifest);
  const reached = new Set<PeerName>();
  const events = (event: PeerEvent) => {
    if (event.type === 'converged') reached.add(event.peer);
    process.stdout.write(flags.json ? `${JSON.stringify(event)}\n` : `${eventLine(event)}\n`);
  };
  await showDownloads(process.stderr, (onProgress) => fillDataCache(manifest.data, onProgress, signal));
  if (signal.aborted) return false;
  // Only a peer needs the network and TensorFlow.js; other commands start without them.
  const { runPeers } = await import('../peer/main.ts');
  await runPeers({
    manifest: { ...manifest, backend: flags.backend ?? manifest.backend },
    listen: flags.listen,
    announce: flags.announce ?? [],
    join: flags.join ?? [],
    shards,
    state: flags.state ?? null,
    checkpointSeconds: flags.checkpointSeconds,
    logBytes: flags.logBytes,
    events,
    signal,
  });
  return reached.size === shards.length;
}

/** Throws CONFIG_INVALID where they are not the run's, or what belongs to one peer was given to several. */
function checkShards({ shard: shards = [], state, announce }: PeerFlags, manifest: Manifest): void {
  const unknown = shards.find((shard) => shard >= manifest.peers);
  if (unknown !== undefined) {
    const problem = `the run has shards 0 to ${manifest.peers - 1}, got ${unknown}`;
    throw new MurmurError({ code: 'CONFIG_INVALID', field: '--shard', problem, mend: 'give one of these' });
  }
  const single = state !== undefined ? '--state' : announce !== undefined ? '--announce' : null;
  if (shards.length > 1 && single !== null) {
    const problem = 'is of one peer, and this process is to have several';
    throw new MurmurError({ code: 'CONFIG_INVALID', field: single, problem, mend: 'start a process for each shard' });
  }
}

/** The signal is raised by Ctrl-C, SIGTERM, or the death of the runner that started this peer. */
function stopWhenTold(): Pick<StopSignal, 'signal' | 'release'> {
  // Undefined where no runner did; false where it is gone already, which is not told again.
  const { connected } = process as { connected?: boolean };
  if (connected === undefined) return stopOnSignals(['SIGINT', 'SIGTERM']);
  // A terminal's Ctrl-C goes to the whole process group; the runner passes it on in its own time.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const { signal, stop, release } = stopOnSignals(['SIGTERM']);
  if (connected) process.once('disconnect', stop);
  else stop();
  return {
    signal,
    release: () => {
      process.off('SIGINT', ignore).off('disconnect', stop);
      release();
    },
  };
}
