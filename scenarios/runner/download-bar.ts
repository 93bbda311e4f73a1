import type { ProgressOutput } from './live-view.ts';

const WIDTH = 30;

/**
 * Shows a bar for each file that `download` brings: redrawn in place on a terminal, one line a file elsewhere. A bar that
 * came to no end leaves the line to what is said next.
 */
export async function showDownloads(
  output: ProgressOutput,
  download: (onProgress: (file: string, bytes: number, total: number) => void) => Promise<void>,
): Promise<void> {
  let halfDrawn = false;
  const draw = (file: string, bytes: number, total: number) => {
    const done = bytes >= total;
    if (!output.isTTY && !done) return;
    const filled = Math.round((WIDTH * bytes) / total);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
    const line = `downloading ${file}  ${bar}  ${Math.floor((100 * bytes) / total)} %`;
    output.write(output.isTTY ? `\r${line}${done ? '\n' : ''}` : `${line}\n`);
    halfDrawn = !done;
  };
  try {
    await download(draw);
  } finally {
    if (halfDrawn) output.write('\n');
  }
}
