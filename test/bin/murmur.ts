import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const module = fileURLToPath(new URL('../../bin/murmur.ts', import.meta.url));
const tsx = fileURLToPath(import.meta.resolve('tsx'));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command from its sources in `folder` and gives what it said and how it ended. */
export function murmur(args: readonly string[], folder?: string, env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', tsx, module, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(folder === undefined ? {} : { cwd: folder }),
      env: { ...process.env, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
