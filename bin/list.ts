import { Command } from 'commander';
import { resolveScenario } from '../scenarios/define-scenario.ts';
import { builtInNames, loadScenario } from '../scenarios/load.ts';

export const listCommand = new Command('list')
  .description('list the scenarios that come with murmur')
  .action(async () => {
    const names = await builtInNames();
    const width = Math.max(...names.map((name) => name.length));
    for (const name of names) {
      const { describe } = resolveScenario(await loadScenario(name));
      process.stdout.write(`${name.padEnd(width)}  ${describe}\n`);
    }
  });
