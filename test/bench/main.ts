/**
 * Every figure of the bench as a ratio to something measured in the same run, so that it says as much on a slow or busy
 * machine: `npm run bench`, and `npm run bench -- --json` for one line of JSON behind the table. About two minutes.
 */
import '../../src/support/polyfill.ts';
import { codecRows, entropyRows } from './codec.ts';
import { goodputRows } from './goodput.ts';
import { nativeRows } from './native.ts';
import { printJson, printTable, type Row } from './report.ts';
import { stockRows } from './stock.ts';

const rows: Row[] = [];
for (const part of [codecRows, entropyRows, goodputRows, stockRows, nativeRows]) {
  const more = await part();
  printTable(more);
  rows.push(...more);
}
if (process.argv.includes('--json')) printJson(rows);
process.exit(0);
