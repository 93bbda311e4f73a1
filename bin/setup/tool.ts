import { spawn } from 'node:child_process';
import { MurmurError } from '../../src/support/errors.ts';

/** How much of what a tool prints is kept to tell why it failed. */
const KEPT_OUTPUT_BYTES = 4096;

export interface Tool {
  readonly command: string;
  /** Where there is no such command. */
  readonly mend: string;
}

/**
 * Runs a program to its end, in silence.
 *
 * @throws BACKEND_UNAVAILABLE with the end of its output where it fails or is not there
 */
export async function runTool(tool: Tool, args: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (problem: string, mend: string) =>
      reject(new MurmurError({ code: 'BACKEND_UNAVAILABLE', backend: 'tensorflow', problem, mend }));
    const child = spawn(tool.command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    const keep = (text: Buffer) => (output = (output + text).slice(-KEPT_OUTPUT_BYTES));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? fail(`${tool.command} is not on the path`, tool.mend) : reject(error),
    );
    child.on('close', (status) =>
      status === 0
        ? resolve()
        : fail(`${tool.command} failed: ${output.trim().replaceAll(/\s*\n\s*/g, ' | ')}`, 'mend that and try again'),
    );
  });
}
