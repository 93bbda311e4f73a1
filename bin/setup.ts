import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { Argument, Command } from 'commander';
import { setTensorFlowEnvironment, tensorflowFolder } from '../peer/machine/tensorflow-home.ts';
import { showDownloads } from '../scenarios/runner/download-bar.ts';
import { ownPeerCommand } from '../scenarios/runner/peer-process.ts';
import type { NativeBackend } from '../src/compute/native-builds.ts';
import { MurmurError } from '../src/support/errors.ts';
import { systemClock } from '../src/support/system-clock.ts';
import { exitStatus } from './exit-status.ts';
import { installTensorFlow } from './setup/install-tensorflow.ts';
import { pipIndexUrl } from './setup/pip-config.ts';
import { stopOnSignals } from './stop-on-signals.ts';

interface SetupFlags {
  gpu?: boolean;
  check?: boolean;
}

export const setupCommand = new Command('setup')
  .description('install a native compute backend for this user: download its library, compile, try')
  .addArgument(new Argument('<what>', 'what to install').choices(['tensorflow']))
  .option('--gpu', 'the backend for NVIDIA GPUs: 2.4 GB to download rather than 0.2')
  .option('--check', 'only try what is installed')
  .action(async (_what: string, flags: SetupFlags) => {
    const backend = flags.gpu ? 'tensorflow-gpu' : 'tensorflow';
    if (flags.check) await check(backend);
    else if (await install(backend)) await checkInNewProcess(backend);
    else process.exitCode = exitStatus.failed;
  });

/** False where the user interrupted it. */
async function install(backend: NativeBackend): Promise<boolean> {
  const { signal, release } = stopOnSignals(['SIGINT', 'SIGTERM']);
  try {
    await showDownloads(process.stderr, (onProgress) =>
      installTensorFlow(
        {
          fetch,
          clock: systemClock,
          env: process.env,
          platform: `${process.platform}-${process.arch}`,
          indexUrl: () => pipIndexUrl(process.env, homedir()),
          onProgress,
          say,
          signal,
        },
        backend,
        tensorflowFolder(),
      ),
    );
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write('murmur: interrupted; the next setup goes on with what is downloaded\n');
    return false;
  } finally {
    release();
  }
}

/** A library that crashes takes its process along. */
async function checkInNewProcess(backend: NativeBackend): Promise<void> {
  const { module, execArgv } = ownPeerCommand();
  const gpu = backend === 'tensorflow-gpu' ? ['--gpu'] : [];
  const args = [...execArgv, module, 'setup', 'tensorflow', ...gpu, '--check'];
  const [status, signal] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'close');
  if (signal !== null) throw unusable(backend, `it crashed when it was tried (${signal})`);
  process.exitCode = status;
}

/** Differentiates a small network on the backend and compares. */
async function check(backend: NativeBackend): Promise<void> {
  setTensorFlowEnvironment();
  const { GRADIENT_TOLERANCE, gradientError } = await import('../src/compute/gradient-check.ts');
  const { NoGpu } = await import('../src/compute/native-tensorflow.ts');
  const folder = tensorflowFolder();
  let where = '';
  const error = await gradientError(backend, folder).catch((problem) => {
    if (!(problem instanceof NoGpu)) throw problem;
    // As on the node of a cluster that people log in to: what was built can still be tried, on the processor.
    say(`warning: ${problem.message}`);
    where = ' on the processor';
    return gradientError('tensorflow', folder);
  });
  if (!(error <= GRADIENT_TOLERANCE)) throw unusable(backend, `its gradients are off by ${error.toExponential(1)}`);
  say(`${backend} works${where}: its gradients equal those of cpu to ${error.toExponential(0)}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function unusable(backend: NativeBackend, problem: string): MurmurError {
  const mend = 'use --backend wasm, and please tell us';
  return new MurmurError({ code: 'BACKEND_UNAVAILABLE', backend, problem, mend });
}
