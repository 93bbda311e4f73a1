import { open } from 'node:fs/promises';
import { Command } from 'commander';
import { fillDataCache } from '../peer/data-cache.ts';
import type { PeerEvent } from '../peer/events.ts';
import { check } from '../scenarios/check.ts';
import { downloadBar } from '../scenarios/runner/download-bar.ts';
import type { BackendName } from '../src/compute/compute.ts';
import { type Manifest, manifestSchema } from '../src/manifest.ts';
import { MurmurError } from '../src/support/errors.ts';
import { exitStatus } from './exit-status.ts';
import { collectAddresses, parseBackend, parseShard } from './flags.ts';
import { eventLine } from './peer-lines.ts';
import { type StopSignal, stopOnSignals } from './stop-on-signals.ts';

/** The largest manifest read: a topology of a thousand layers is under 1 MB. */
export const MAX_MANIFEST_BYTES = 4 << 20;

interface PeerFlags {
  run: string;
  listen: string[];
  join?: string[];
  shard?: number;
  backend?: BackendName;
  json?: boolean;
}

export const peerCommand = new Command('peer')
  .description('run one peer of a swarm')
  .requiredOption('--run <manifest.json>', 'what all peers of the run agree on')
  .requiredOption('--listen <multiaddr>', 'where others reach this peer; may be repeated', collectAddresses('--listen'))
  .option('--join <multiaddr>', 'a peer that is already there; may be repeated', collectAddresses('--join'))
  .option('--shard <k>', 'which share of the data it learns from, 0 to peers - 1', parseShard)
  .option('--backend <name>', 'insist on a compute backend', parseBackend)
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

/** Runs to the end and tells whether the swarm reached its target. */
async function peer(flags: PeerFlags, signal: AbortSignal): Promise<boolean> {
  const manifest = await readManifest(flags.run);
  const shard = flags.shard ?? null;
  if (shard !== null && shard >= manifest.peers) {
    const problem = `the run has shards 0 to ${manifest.peers - 1}, got ${shard}`;
    throw new MurmurError({ code: 'CONFIG_INVALID', field: '--shard', problem, mend: 'give one of these' });
  }
  let reached = false;
  const events = (event: PeerEvent) => {
    reached ||= event.type === 'converged';
    process.stdout.write(flags.json ? `${JSON.stringify(event)}\n` : `${eventLine(event)}\n`);
  };
  await fillDataCache(manifest.data, downloadBar(process.stderr), signal);
  if (signal.aborted) return false;
  // Only a peer needs the network and TensorFlow.js; other commands start without them.
  const { runPeer } = await import('../peer/main.ts');
  await runPeer({
    manifest: { ...manifest, backend: flags.backend ?? manifest.backend },
    listen: flags.listen,
    join: flags.join ?? [],
    shard,
    events,
    signal,
  });
  return reached;
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

async function readManifest(file: string): Promise<Manifest> {
  const text = await readBounded(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unusable(`${file} is not JSON`);
  }
  return check(manifestSchema, json, { name: file, mend: (field) => `correct ${field} in ${file}` });
}

async function readBounded(file: string): Promise<string> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw unusable(`cannot read ${file} (${error.code})`);
  });
  try {
    const buffer = Buffer.alloc(MAX_MANIFEST_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      ({ bytesRead: read } = await handle.read(buffer, length, buffer.length - length));
    }
    if (length > MAX_MANIFEST_BYTES) throw unusable(`${file} is larger than ${MAX_MANIFEST_BYTES} bytes`);
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    if (error instanceof MurmurError) throw error;
    throw unusable(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  } finally {
    await handle.close();
  }
}

function unusable(problem: string): MurmurError {
  return new MurmurError({ code: 'CONFIG_INVALID', field: '--run', problem, mend: 'give a manifest.json of a run' });
}
