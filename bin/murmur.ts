#!/usr/bin/env node
import '../src/support/polyfill.ts';
import { CommanderError } from 'commander';
import { MurmurError } from '../src/support/errors.ts';
import { complain } from './exit-status.ts';
import { program } from './program.ts';

// A bug, too, is told in one line.
process.on('uncaughtException', (error) => process.exit(complain(error)));
// Who read our output is gone (`murmur list | head -1`).
process.stdout.on('error', () => process.exit(1));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
  await tellParent(error);
  process.exit(complain(error));
}

/** A runner that started this process gets the failure as data. */
async function tellParent(error: unknown): Promise<void> {
  if (!process.connected || !(error instanceof MurmurError)) return;
  await new Promise((sent) => process.send?.({ failure: error.failure }, undefined, {}, sent));
}
