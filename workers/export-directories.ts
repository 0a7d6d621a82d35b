/** Worker: exports directories. Thin: how is src/files/export-directory, what is known is src/store. */
import { workerData } from 'node:worker_threads';
import { DirectoryExporter } from '../src/files/export-directory.js';
import type {
  AllowlistJob,
  DirectoryReport,
  ExportJob,
  ExportReply,
  ExportSettings,
} from '../src/files/export-jobs.js';
import { ExportDatabases } from '../src/store/export-databases.js';

const settings = workerData as ExportSettings;
const exporter = new DirectoryExporter(settings, new ExportDatabases(settings));

/** Milliseconds for one job: enough to make its messages cheap, and the next one is not kept waiting. */
const patience = 10;

/** Exports one directory after the other, as far as the time of one job reaches. */
export default async function exportDirectories({ directories, losses }: ExportJob): Promise<ExportReply> {
  const end = performance.now() + patience;
  const reports: DirectoryReport[] = [];
  for (const path of directories) {
    reports.push(await exporter.export(path, losses));
    if (performance.now() >= end) break;
  }
  return reports;
}

/** Writes what belongs to no directory. */
export function exportAllowlist(job: AllowlistJob): Promise<DirectoryReport> {
  return exporter.exportAllowlist(job);
}
