/**
 * The public interface of mirrorhash as a library: every export by name. The command line stands on nothing but this and
 * serving.ts.
 */

export { checkGlob } from './check-glob.js';
export type { Config, ConfiguredTree } from './config.js';
export {
  type ErrorCode,
  fatalCodes,
  MirrorhashError,
  messageOf,
  reasonOf,
  systemCode,
  usageCodes,
} from './errors.js';
export { readConfig, readMirrorbrainConf } from './files/config-file.js';
export { type Presence, presenceOf } from './files/presence.js';
export { parseDhtNode, parsePublisher, parseTrackerTier } from './formats/distribution-options.js';
export { type ChosenFormats, exportFormats, parseFormats } from './formats/export-formats.js';
export { httpUrl } from './formats/url.js';
export { formatHashLengths } from './hash/zsync-lengths.js';
export { defaultScore, parseCountry, parseIdentifier, parseRegion, parseScore } from './mirror-values.js';
export type { MirrorbrainPart } from './mirrorbrain-conf.js';
export type {
  DirectoryEvent,
  ExportEvent,
  FileEvent,
  FileRecord,
  Mirror,
  NoticeEvent,
  OutputEvent,
  Progress,
  Reason,
  Recipe,
  RunEvent,
  Summary,
  SyncResult,
  TreePath,
} from './model.js';
export { absolute, isWithin, relativeTo, signatureName, split } from './paths.js';
export { type ExportHost, type ExportPlan, type ExportResult, exportTree } from './pipeline/export.js';
export { acquireOutputs } from './pipeline/export-lock.js';
export { checkOut } from './pipeline/export-place.js';
export type { ExportSummary } from './pipeline/export-tally.js';
export { type ForgetResult, forget } from './pipeline/forget.js';
export { generate, type Host, type RunResult } from './pipeline/generate.js';
export { type ImportPlan, type ImportSummary, importRows } from './pipeline/import.js';
export { importSource } from './pipeline/import-source.js';
export { type FileState, inspectFile } from './pipeline/inspect.js';
export { openMirrors } from './pipeline/open-mirrors.js';
export {
  embeddedFile,
  parseRedirector,
  type RedirectorUrl,
  redirectorOpener,
} from './pipeline/open-redirector.js';
export { rehearse } from './pipeline/rehearse.js';
export { type Scope, scopesOf, type Wish } from './pipeline/scopes.js';
export {
  cacheFile,
  checkPlace,
  coveringBase,
  openState,
  peekState,
  rememberedBase,
  rememberedRecipe,
  type State,
  type StatePlace,
  stateDirectoryOf,
} from './pipeline/state.js';
export { readLastRun, readStatus, type TreeStatus } from './pipeline/status.js';
export type { HashPlan } from './pipeline/survey.js';
export { syncTarget } from './pipeline/sync-target.js';
export { emptySummary } from './pipeline/tally.js';
export { type VerifyPlan, type VerifySummary, verify } from './pipeline/verify.js';
export {
  parseJobs,
  parseLimit,
  parsePieceLength,
  parseRate,
  parseShare,
  parseSize,
  parseZsyncBlockSize,
} from './quantities.js';
export { given, mergeSettings, resolveSettings, type Settings, type TreeSettings } from './settings.js';
export type { EditedIds } from './store/mirror-files.js';
export type { ListedPaths, Mirrors, NewMirror } from './store/mirrors.js';
export { databaseExists } from './store/open.js';
