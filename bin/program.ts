import { Command } from 'commander';
import { listCommand } from './list.ts';
import { peerCommand } from './peer.ts';
import { runCommand } from './run.ts';
import { setupCommand } from './setup.ts';
import { version } from './version.ts';

/** The whole command line. Its actions throw; whoever parses tells the error. */
export const program = new Command('murmur')
  .description('Train one neural network on many machines with no server.')
  .version(version);

for (const command of [runCommand, peerCommand, listCommand, setupCommand]) program.addCommand(command);
for (const command of [program, ...program.commands]) {
  command.exitOverride().configureOutput({ writeErr: () => {} });
}
