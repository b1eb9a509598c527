// Generated from the catalogue of events and the messages of the wire by `python -m prompter.wire.generate`.
// Do not edit: change the Python structs and generate again.

/** 16 bytes. */
export type Uuid = Uint8Array;

export const PROTOCOL = 1;
export const SUBPROTOCOL = 'prompter.v1';

/** The largest packed event, in bytes. */
export const MAX_EVENT_BYTES = 1048576;

/** Stands for one UTF-16 unit of text that is not recorded. */
export const WITHHELD = '▒';

/** Which programs made the events. */
export interface Client {
  lab: string;
  extension: string;
  browser: string;
  language?: string;
}

/** One cell as it stands. */
export interface CellSnapshot {
  /** the notebook's own cell id */
  cell_id: string;
  cell_type: 'code' | 'markdown' | 'raw';
  source: string;
  withheld?: boolean;
  tags?: string[];
}

/** A notebook was opened in a page; all its cells as they stood then. */
export interface SessionOpened {
  notebook_path: string;
  kernel_name: string;
  client: Client;
  cells: CellSnapshot[];
  shared?: boolean;
  continues?: Uuid | null;
}

/** The server saw a session for the first time and says whose it is. */
export interface SessionAccepted {
  participant_id: Uuid;
  notebook_id: Uuid;
  condition: string;
  study: string;
  study_digest: Uint8Array | null;
  clock_offset_ms: number;
  period?: string;
}

/** The notebook was closed, or its page went away. */
export interface SessionClosed {
  reason: string;
}

/** The file was written. Replay is checked against the digest. */
export interface NotebookSaved {
  /** BLAKE2b-256 */
  digest: Uint8Array;
  /** a number of things */
  behind?: number;
}

/** The file has a new path. */
export interface NotebookRenamed {
  path: string;
}

/** All cells were replaced from the file: a revert, or a change on disk. */
export interface NotebookReloaded {
  cells: CellSnapshot[];
}

/** A cell was inserted. */
export interface CellAdded {
  /** the notebook's own cell id */
  cell_id: string;
  /** place in the notebook, counted from 0 */
  index: number;
  cell_type: 'code' | 'markdown' | 'raw';
  source: string;
  cause: 'cut' | 'drag' | 'merge' | 'paste' | 'prompt' | 'redo' | 'remote' | 'restore' | 'split' | 'tool' | 'undo' | 'user';
  parents?: string[];
  /** with cause remote: the participant who did it, where known */
  author?: Uuid | null;
  withheld?: boolean;
}

/** A cell was deleted. */
export interface CellRemoved {
  /** the notebook's own cell id */
  cell_id: string;
  /** place in the notebook, counted from 0 */
  index: number;
  cause: 'cut' | 'drag' | 'merge' | 'paste' | 'prompt' | 'redo' | 'remote' | 'restore' | 'split' | 'tool' | 'undo' | 'user';
  /** with cause remote: the participant who did it, where known */
  author?: Uuid | null;
}

/** A cell changed its place. ``to`` is its index once it has been taken out of ``from_``. */
export interface CellMoved {
  /** the notebook's own cell id */
  cell_id: string;
  /** place in the notebook, counted from 0 */
  from: number;
  /** place in the notebook, counted from 0 */
  to: number;
  cause?: 'cut' | 'drag' | 'merge' | 'paste' | 'prompt' | 'redo' | 'remote' | 'restore' | 'split' | 'tool' | 'undo' | 'user';
  /** with cause remote: the participant who did it, where known */
  author?: Uuid | null;
}

/** A cell became code, markdown or raw; its id and source stay. */
export interface CellTypeChanged {
  /** the notebook's own cell id */
  cell_id: string;
  cell_type: 'code' | 'markdown' | 'raw';
  cause?: 'cut' | 'drag' | 'merge' | 'paste' | 'prompt' | 'redo' | 'remote' | 'restore' | 'split' | 'tool' | 'undo' | 'user';
  /** with cause remote: the participant who did it, where known */
  author?: Uuid | null;
}

/** One burst of edits in one cell, at most 500 ms long, each with its own moment. */
export interface CellEdited {
  /** the notebook's own cell id */
  cell_id: string;
  changes: ([number, (number | string)[]])[];
  cause: 'cut' | 'drag' | 'merge' | 'paste' | 'prompt' | 'redo' | 'remote' | 'restore' | 'split' | 'tool' | 'undo' | 'user';
  /** with cause remote: the participant who did it, where known */
  author?: Uuid | null;
  withheld?: boolean;
}

/** Another cell became the active one, or the page was shown or hidden. */
export interface FocusChanged {
  cell_id: string | null;
  visible: boolean;
  cause?: 'cut' | 'drag' | 'merge' | 'paste' | 'prompt' | 'redo' | 'remote' | 'restore' | 'split' | 'tool' | 'undo' | 'user';
}

/** A minute passed without a key, the mouse or the wheel in the page. */
export interface IdleBegan {
  /** milliseconds */
  after_ms?: number;
}

/** The person came back. */
export type IdleEnded = Record<string, never>;

/** A prompt that a rule proposed and that was held back; once per rule and cell version. */
export interface PromptSuppressed {
  /** the notebook's own cell id */
  cell_id: string;
  rule: string;
  reason: string;
  /** µs since the epoch, UTC */
  decided_at: number;
  /** a place in the log, counted from 1; 0 is before the first */
  after: number;
  run_id?: Uuid | null;
  /** a number of things */
  cell_version?: number;
  question?: string;
}

/** A researcher wants to ask about the cell that the participant is at. The policy decides when. */
export interface PromptRequested {
  request_id: Uuid;
  question: string;
  choices: string[];
  language: string;
  by: string;
  urgent?: boolean;
  override?: boolean;
  multiple?: boolean;
  text?: 'none' | 'optional' | 'required';
}

/** A question about one version of one cell. */
export interface PromptIssued {
  prompt_id: Uuid;
  notebook_id: Uuid;
  /** the notebook's own cell id */
  cell_id: string;
  run_id: Uuid | null;
  /** a number of things */
  cell_version: number;
  question: string;
  choices: string[];
  language: string;
  author: string;
  rule: string;
  /** a place in the log, counted from 1; 0 is before the first */
  trigger: number;
  deliver: 'end' | 'now';
  /** µs since the epoch, UTC */
  decided_at: number;
  /** a place in the log, counted from 1; 0 is before the first */
  after: number;
  multiple?: boolean;
  text?: 'none' | 'optional' | 'required';
  deviation?: boolean;
}

/** Half of the prompt was visible for a second in a visible document. */
export interface PromptShown {
  prompt_id: Uuid;
}

/** The person put the focus into the prompt. */
export interface PromptFocused {
  prompt_id: Uuid;
}

/** A characterization. */
export interface PromptAnswered {
  prompt_id: Uuid;
  text: string;
  choice: string | null;
  /** milliseconds */
  drafting_ms: number;
  choices?: string[];
}

/** The person would not answer. */
export interface PromptDismissed {
  prompt_id: Uuid;
  reason: 'never' | 'skip';
}

/** The person wants to be asked later. */
export interface PromptSnoozed {
  prompt_id: Uuid;
  /** µs since the epoch, UTC */
  until: number;
}

/** The person wants no questions for a while, in any of their pages. */
export interface PromptQuiet {
  /** milliseconds */
  for_ms: number;
}

/** Nobody answered in time, or a newer version of the cell is asked about. */
export interface PromptExpired {
  prompt_id: Uuid;
  /** µs since the epoch, UTC */
  decided_at: number;
  /** a place in the log, counted from 1; 0 is before the first */
  after: number;
}

/** The question is taken back: its cell is gone, the review has no room for it, or consent was withdrawn. */
export interface PromptWithdrawn {
  prompt_id: Uuid;
  /** µs since the epoch, UTC */
  decided_at: number;
  /** a place in the log, counted from 1; 0 is before the first */
  after: number;
}

/** The person changed an answer; the earlier one stays in the log. */
export interface PromptAmended {
  prompt_id: Uuid;
  text: string;
  choice: string | null;
  choices?: string[];
}

/** The review at the end began, with so many questions. */
export interface ReviewOpened {
  /** a number of things */
  n: number;
}

/** The review ended. */
export interface ReviewClosed {
  /** a number of things */
  answered: number;
  /** a number of things */
  left: number;
}

/** Somebody asked for a cell to be run. */
export interface RunScheduled {
  run_id: Uuid;
  /** the notebook's own cell id */
  cell_id: string;
  source: string;
  withheld?: boolean;
}

/** The kernel began to execute the cell. */
export interface RunStarted {
  run_id: Uuid;
}

/** The error that ended a run. */
export interface RunError {
  name: string;
  message: string;
  traceback: string;
}

/** One output of a run. A stream that arrived in pieces counts as one. */
export interface RunOutput {
  mime: string;
  /** a number of things */
  bytes: number;
  /** BLAKE2b-256 */
  digest: Uint8Array;
  text?: string | null;
}

/** A run came to its end, or was given up as lost. */
export interface RunFinished {
  run_id: Uuid;
  status: 'aborted' | 'error' | 'lost' | 'ok';
  execution_count: number | null;
  duration_ms: number | null;
  error?: RunError | null;
  outputs?: RunOutput[];
}

/** The kernel executed something that is no cell here: a console, another client. */
export interface RunExternal {
  /** BLAKE2b-256 */
  digest: Uint8Array;
  source?: string | null;
}

/** A kernel was connected to the notebook. */
export interface KernelStarted {
  kernel_id: string;
  name: string;
}

/** The kernel was restarted; its variables are gone. */
export interface KernelRestarted {
  kernel_id: string;
  name: string;
}

/** Somebody interrupted the kernel. */
export interface KernelInterrupted {
  kernel_id: string;
  name: string;
}

/** The kernel's process ended unasked. */
export interface KernelDied {
  kernel_id: string;
  name: string;
}

/** A data frame, series or array at one moment. Names and types of columns, never a value. */
export interface FrameShape {
  /** a number of things */
  rows: number;
  /** a number of things */
  columns: number;
  names?: string[];
  dtypes?: string[];
  missing?: number | null;
}

/** A data frame that a run bound, changed or removed. */
export interface FrameFact {
  name: string;
  kind: string;
  before: FrameShape | null;
  after: FrameShape | null;
}

/** An estimator that a run fitted or scored. */
export interface EstimatorFact {
  name: string;
  kind: string;
  did: 'fitted' | 'scored';
  parameters?: Record<string, string>;
  metric?: string;
  value?: number | null;
}

/** What the prompter kernel saw in its process after a run. */
export interface KernelFacts {
  run_id: Uuid | null;
  read: string[];
  bound: string[];
  frames?: FrameFact[];
  estimators?: EstimatorFact[];
  /** a number of things */
  figures?: number;
  /** a number of things */
  took_us?: number;
  truncated?: boolean;
}

/** The participant stopped the recording. */
export type RecordingPaused = Record<string, never>;

/** The recording goes on; what the pause changed becomes visible. */
export interface RecordingResumed {
  cells: CellSnapshot[];
}

/** The participant agreed to a version of the consent text. */
export interface ConsentGiven {
  version: string;
}

/** The participant withdrew. */
export interface ConsentWithdrawn {
  version: string;
}

/** A participant got a condition for a period. */
export interface ParticipantAssigned {
  period: string;
  condition: string;
  by: string;
  reason?: string;
  study?: string;
  strata?: Record<string, string>;
  /** a number of things */
  place?: number;
}

/** A participant's payloads were removed; digests stay. Whatever was made of their events is to be forgotten. */
export interface ParticipantErased {
  participant_id: Uuid;
  sessions: Uuid[];
  /** a number of things */
  events: number;
  by: string;
}

/** A study came into force. It holds until the next one is loaded. */
export interface StudyLoaded {
  /** BLAKE2b-256 */
  digest: Uint8Array;
  version: string;
  phase: 'main' | 'pilot';
  name?: string;
  text?: string | null;
  texts?: Record<string, string>;
  reason?: string;
}

/** The study ended for a participant. */
export interface StudyEnded {
  by: string;
}

/** Work on a section or task began. */
export interface TaskBegan {
  name: string;
  /** a number of things */
  minutes?: number;
}

/** Work on a section or task ended. */
export interface TaskEnded {
  name: string;
  by?: string;
}

/** A researcher's remark. */
export interface NoteAdded {
  text: string;
  /** a place in the log, counted from 1; 0 is before the first */
  at: number;
  by: string;
}

/** The page's wall clock and its monotonic clock came apart. */
export interface ClockJumped {
  by_ms: number;
}

/** A hole: events that were made and can never arrive. */
export interface CaptureLost {
  /** a number of things */
  count: number;
  reason: string;
  producer_id?: Uuid | null;
  /** a number of things */
  first_seq?: number;
  /** a number of things */
  last_seq?: number;
}

/** An event that could not be understood, kept as it came. */
export interface CaptureInvalid {
  reason: string;
  claimed_type: string;
  claimed_version: number;
  raw: Uint8Array;
  /** a number of things */
  size: number;
}

/** The page's first frame. */
export interface Hello {
  type: 'hello';
  protocol: number;
  producer_id: Uuid;
  /** µs since the epoch, UTC */
  sent_at: number;
  sessions?: Uuid[];
  token?: string | null;
}

/** An event in a frame. Its number is its place in the frame. */
export interface WireEvent {
  session_id: Uuid;
  type: string;
  schema_version: number;
  /** µs since the epoch, UTC */
  occurred_at: number;
  payload: Uint8Array;
}

/** Events of the page's producer, numbered from ``first_seq`` without holes. */
export interface Events {
  type: 'events';
  /** a number within a producer, counted from 1 */
  first_seq: number;
  events: WireEvent[];
}

/** The page's answer to a ping. */
export interface Pong {
  type: 'pong';
  /** µs since the epoch, UTC */
  t: number;
  /** µs since the epoch, UTC */
  sent_at: number;
  /** a number of things */
  unsent?: number;
}

/** How long the page must be quiet before it shows a prompt. */
export interface Quiet {
  /** milliseconds */
  typing_ms: number;
  /** milliseconds */
  run_ms: number;
}

/** The text to agree to before anything is recorded. */
export interface ConsentForPage {
  version: string;
  text: Record<string, string>;
  given: boolean;
  given_at?: number | null;
}

/** What the page must know of the study: behaviour only, never the name of a condition. */
export interface StudyForPage {
  name: string;
  asking: 'end' | 'never' | 'now';
  quiet: Quiet;
  output_bytes: number | null;
  /** milliseconds */
  snooze_ms: number;
  title?: string;
  keystrokes?: boolean;
  focus?: boolean;
  consent?: ConsentForPage | null;
  then?: string | null;
}

/** The server knows who it is and goes on after ``producer_seq``. */
export interface Welcome {
  type: 'welcome';
  /** a number of things */
  producer_seq: number;
  participant: Uuid;
  study: StudyForPage;
  /** a number of things */
  window_bytes: number;
  /** milliseconds */
  heartbeat_ms: number;
  epoch: Uuid;
}

/** Everything up to ``producer_seq`` is durable. Lower than what was sent: resend from the next one. */
export interface Ack {
  type: 'ack';
  /** a number of things */
  producer_seq: number;
  /** a place in the log, counted from 1; 0 is before the first */
  position: number;
}

/** A question to show under its cell. The page knows prompts by ``prompt_id``: one that it has changes nothing. */
export interface Prompt {
  type: 'prompt';
  prompt_id: Uuid;
  notebook_id: Uuid;
  /** the notebook's own cell id */
  cell_id: string;
  question: string;
  choices: string[];
  language: string;
  /** µs since the epoch, UTC */
  issued_at: number;
  multiple?: boolean;
  text?: 'none' | 'optional' | 'required';
  by_hand?: boolean;
}

/** This prompt is over: answered elsewhere, expired, withdrawn. */
export interface Withdraw {
  type: 'withdraw';
  prompt_id: Uuid;
}

/** Which notebook a session belongs to. */
export interface AcceptedSession {
  session_id: Uuid;
  notebook_id: Uuid;
}

/** Questions that were held for the end of the work on a notebook, and wait for an answer. */
export interface ReviewWaits {
  notebook_id: Uuid;
  notebook_path: string;
  /** a number of things */
  questions: number;
}

/** Whether the server records, and what it knows of the page's sessions. */
export interface State {
  type: 'state';
  recording: boolean;
  reason?: string;
  sessions?: AcceptedSession[];
  reviews?: ReviewWaits[] | null;
  consent?: boolean | null;
}

/** A session was ended, not by the person: its notebook's review begins. */
export interface Ended {
  type: 'ended';
  session_id: Uuid;
  notebook_id: Uuid;
  by: 'researcher' | 'time limit';
}

/** What the person works on, as the study divides the notebook; it holds until the next one. */
export interface Task {
  type: 'task';
  name: string;
  ends_at?: number | null;
  over?: boolean;
}

/** Are you there? The page answers with a pong that carries the same ``t``. */
export interface Ping {
  type: 'ping';
  /** µs since the epoch, UTC */
  t: number;
}

/** Slow down; nothing is dropped. */
export interface Busy {
  type: 'busy';
  /** milliseconds */
  retry_ms: number;
}

/** The body of each event type. */
export interface EventBodies {
  'session.opened': SessionOpened;
  'session.accepted': SessionAccepted;
  'session.closed': SessionClosed;
  'notebook.saved': NotebookSaved;
  'notebook.renamed': NotebookRenamed;
  'notebook.reloaded': NotebookReloaded;
  'cell.added': CellAdded;
  'cell.removed': CellRemoved;
  'cell.moved': CellMoved;
  'cell.type_changed': CellTypeChanged;
  'cell.edited': CellEdited;
  'focus.changed': FocusChanged;
  'idle.began': IdleBegan;
  'idle.ended': IdleEnded;
  'prompt.suppressed': PromptSuppressed;
  'prompt.requested': PromptRequested;
  'prompt.issued': PromptIssued;
  'prompt.shown': PromptShown;
  'prompt.focused': PromptFocused;
  'prompt.answered': PromptAnswered;
  'prompt.dismissed': PromptDismissed;
  'prompt.snoozed': PromptSnoozed;
  'prompt.quiet': PromptQuiet;
  'prompt.expired': PromptExpired;
  'prompt.withdrawn': PromptWithdrawn;
  'prompt.amended': PromptAmended;
  'review.opened': ReviewOpened;
  'review.closed': ReviewClosed;
  'run.scheduled': RunScheduled;
  'run.started': RunStarted;
  'run.finished': RunFinished;
  'run.external': RunExternal;
  'kernel.started': KernelStarted;
  'kernel.restarted': KernelRestarted;
  'kernel.interrupted': KernelInterrupted;
  'kernel.died': KernelDied;
  'kernel.facts': KernelFacts;
  'recording.paused': RecordingPaused;
  'recording.resumed': RecordingResumed;
  'consent.given': ConsentGiven;
  'consent.withdrawn': ConsentWithdrawn;
  'participant.assigned': ParticipantAssigned;
  'participant.erased': ParticipantErased;
  'study.loaded': StudyLoaded;
  'study.ended': StudyEnded;
  'task.began': TaskBegan;
  'task.ended': TaskEnded;
  'note.added': NoteAdded;
  'clock.jumped': ClockJumped;
  'capture.lost': CaptureLost;
  'capture.invalid': CaptureInvalid;
}

export type EventTypeName = keyof EventBodies;

/** The schema version that this page writes. */
export const SCHEMA_VERSIONS: Record<EventTypeName, number> = {
  'session.opened': 1,
  'session.accepted': 1,
  'session.closed': 1,
  'notebook.saved': 1,
  'notebook.renamed': 1,
  'notebook.reloaded': 1,
  'cell.added': 1,
  'cell.removed': 1,
  'cell.moved': 1,
  'cell.type_changed': 1,
  'cell.edited': 1,
  'focus.changed': 1,
  'idle.began': 1,
  'idle.ended': 1,
  'prompt.suppressed': 1,
  'prompt.requested': 1,
  'prompt.issued': 1,
  'prompt.shown': 1,
  'prompt.focused': 1,
  'prompt.answered': 1,
  'prompt.dismissed': 1,
  'prompt.snoozed': 1,
  'prompt.quiet': 1,
  'prompt.expired': 1,
  'prompt.withdrawn': 1,
  'prompt.amended': 1,
  'review.opened': 1,
  'review.closed': 1,
  'run.scheduled': 1,
  'run.started': 1,
  'run.finished': 1,
  'run.external': 1,
  'kernel.started': 1,
  'kernel.restarted': 1,
  'kernel.interrupted': 1,
  'kernel.died': 1,
  'kernel.facts': 1,
  'recording.paused': 1,
  'recording.resumed': 1,
  'consent.given': 1,
  'consent.withdrawn': 1,
  'participant.assigned': 1,
  'participant.erased': 1,
  'study.loaded': 1,
  'study.ended': 1,
  'task.began': 1,
  'task.ended': 1,
  'note.added': 1,
  'clock.jumped': 1,
  'capture.lost': 1,
  'capture.invalid': 1
};

export type PageMessage =
  | Hello
  | Events
  | Pong;

export type ServerMessage =
  | Welcome
  | Ack
  | Prompt
  | Withdraw
  | State
  | Ended
  | Task
  | Ping
  | Busy;

/** Close codes of the socket. */
export const CLOSE_CODES = {
  'restart': 1001,
  'too big': 1009,
  'internal': 1011,
  'overloaded': 1013,
  'bad frame': 4400,
  'not authenticated': 4401,
  'not yours': 4403,
  'taken over by a newer socket': 4409,
  'too old': 4426
} as const;
