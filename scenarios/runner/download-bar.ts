import type { ProgressOutput } from './live-view.ts';

const WIDTH = 30;

/** A bar for each file that is downloaded: redrawn in place on a terminal, one line a file elsewhere. */
export function downloadBar(output: ProgressOutput): (file: string, bytes: number, total: number) => void {
  return (file, bytes, total) => {
    const done = bytes >= total;
    if (!output.isTTY && !done) return;
    const filled = Math.round((WIDTH * bytes) / total);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
    const line = `downloading ${file}  ${bar}  ${Math.floor((100 * bytes) / total)} %`;
    output.write(output.isTTY ? `\r${line}${done ? '\n' : ''}` : `${line}\n`);
  };
}
