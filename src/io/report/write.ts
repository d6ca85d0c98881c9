import { type ReportParts, reportPage } from '../../core/report/page.ts';
import { replaceOwnFile } from '../own-file.ts';
import { readAssets } from './assets.ts';

/** Writes a report page (0600) atomically. Throws what the file system throws. */
export function writeReportPage(path: string, parts: Omit<ReportParts, 'assets'>): void {
  replaceOwnFile(path, reportPage({ ...parts, assets: readAssets() }));
}
