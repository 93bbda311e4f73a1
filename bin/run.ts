import { Command } from 'commander';
import pc from 'picocolors';
import { resolveScenario } from '../scenarios/define-scenario.ts';
import { loadScenario } from '../scenarios/load.ts';
import { applyOverrides, type Override, parseOverride } from '../scenarios/overrides.ts';
import type { ScenarioComponents, ScenarioOutcome } from '../scenarios/run-scenario.ts';
import { finalLines } from '../scenarios/runner/final-lines.ts';
import { ownPeerCommand } from '../scenarios/runner/peer-process.ts';
import type { BackendName } from '../src/compute/compute.ts';
import { MurmurError } from '../src/support/errors.ts';
import { systemClock } from '../src/support/system-clock.ts';
import { complain, exitStatus } from './exit-status.ts';
import { collect, parseBackend, parsePeers, parseProcesses, parseSeed } from './flags.ts';
import { stopOnSignals } from './stop-on-signals.ts';

interface RunFlags {
  seed?: number;
  peers?: number;
  processes?: number;
  out: string;
  set?: string[];
  backend?: BackendName;
  mode?: string;
  json?: boolean;
}

export const runCommand = new Command('run')
  .description('run a scenario with real peers on this machine, or with all of them simulated')
  .argument('<name|file>', 'a built-in scenario (see murmur list) or a .ts, .js or .mjs script')
  .option('--seed <n>', 'seed of data, model and every choice', parseSeed)
  .option('--peers <n>', 'peers to start', parsePeers)
  .option('--processes <n>', 'processes to spread them over, one each where left out', parseProcesses)
  .option('--out <folder>', 'where the run leaves its folder', 'runs')
  .option('--set <path=value>', 'change a field of the scenario, such as target.value=0.9; may be repeated', collect)
  .option('--backend <name>', 'insist on a compute backend', parseBackend)
  .option('--mode <name>', 'real: peers in processes of their own; simulated: all in one, on virtual time')
  .option('--json', 'print the summary as the last line of standard output, progress on standard error')
  .action(async (nameOrFile: string, flags: RunFlags) => {
    process.exitCode = await run(nameOrFile, flags);
  });

async function run(nameOrFile: string, flags: RunFlags): Promise<number> {
  const overrides = [...(flags.set ?? []).map(parseOverride), ...flagOverrides(flags)];
  const scenario = resolveScenario(applyOverrides(await loadScenario(nameOrFile), overrides));
  // A script's own number of processes is for its real runs.
  if (flags.processes !== undefined && scenario.mode === 'simulated') {
    const problem = 'a simulated run is one process';
    throw new MurmurError({ code: 'CONFIG_INVALID', field: '--processes', problem, mend: 'leave it out' });
  }
  const signals = stopOnSignals(['SIGINT', 'SIGTERM']);
  // Only a run needs the charts of its report; peers, which are many, start without them.
  const { runScenario } = await import('../scenarios/run-scenario.ts');
  const components: ScenarioComponents = {
    clock: systemClock,
    peerCommand: ownPeerCommand(),
    progress: flags.json ? process.stderr : process.stdout,
    interrupt: signals.signal,
  };
  try {
    const outcome = await runScenario(components, scenario, { out: flags.out, working: process.cwd() });
    return conclude(outcome, flags.json === true);
  } finally {
    signals.release();
  }
}

/** Flags speak last, after the script and `--set`. */
function flagOverrides({ seed, peers, processes, backend, mode }: RunFlags): Override[] {
  const given: [string, unknown][] = [
    ['seed', seed],
    ['peers', peers],
    ['processes', processes],
    ['backend', backend],
    ['mode', mode],
  ];
  return given.flatMap(([field, value]) => (value === undefined ? [] : { path: [field], value }));
}

function conclude({ ending, summary, control, folder, reportFile }: ScenarioOutcome, json: boolean): number {
  if (ending.kind === 'failed') {
    const status = complain(ending.error);
    // Bad input is refused by the peers before anything is measured.
    if (status === exitStatus.failed) process.stderr.write(`murmur: what was measured until then is in ${folder}\n`);
    return status;
  }
  if (ending.kind === 'interrupted') {
    process.stderr.write(`murmur: interrupted; what was measured until then is in ${folder}\n`);
    return exitStatus.failed;
  }
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    const lines = [...finalLines(summary, control), ['report', reportFile]] as const;
    // Also where colours are asked for by the environment, a pipe or a file gets none.
    const bold = process.stdout.isTTY ? pc.bold : String;
    process.stdout.write(`\n${lines.map(([label, text]) => `${bold(label!.padEnd(20))}${text}`).join('\n')}\n`);
  }
  return summary.converged ? exitStatus.reached : exitStatus.notReached;
}
