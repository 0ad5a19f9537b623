/**
 * What a session and its front ends say to one another: Jupyter's messages, as lines of JSON over a Unix socket. Answers
 * to a request go to who asked; what a cell puts out goes to all, with the id of the request that it belongs to.
 */

/** By MIME type; `text/plain` is always there. */
export type MimeBundle = { readonly 'text/plain': string } & Readonly<Record<string, unknown>>;

/** How the front end that asks shows text. */
export interface Look {
  readonly colors: boolean;
  readonly columns: number;
  /** Pictures and tables of HTML are not wanted, and not made. */
  readonly isTextOnly?: true;
}

export interface ExecuteRequest {
  readonly type: 'execute_request';
  readonly id: string;
  readonly code: string;
  /** Where its errors say that they are; default `cell-<count>.ts`. */
  readonly file?: string;
  /** Where the code begins there, from 1. Default 1. */
  readonly line?: number;
  /** False: it runs even while there is no instance yet. Default true. */
  readonly needsInstance?: boolean;
  /** Leaves no trace: no count, no `_`, no result. Default false. */
  readonly silent?: boolean;
  /** When it fails, what has been asked for by then is given up, except where this is false. Default true. */
  readonly stopOnError?: boolean;
  /** false: it is not counted, nor among the cells that are kept. Default true. */
  readonly isKept?: boolean;
  /** Whether who asks can ask its user what `input` wants to know. Default false. */
  readonly canAnswer?: boolean;
  /** Looked at once it has run, by a name of the asker's. */
  readonly expressions?: Readonly<Record<string, string>>;
  readonly look: Look;
}

export interface CompleteRequest {
  readonly type: 'complete_request';
  readonly id: string;
  readonly code: string;
  /** UTF-16 offset in `code`. */
  readonly cursor: number;
}

export interface InspectRequest {
  readonly type: 'inspect_request';
  readonly id: string;
  readonly code: string;
  readonly cursor: number;
  /** 0: what it is; 1: its source, too. */
  readonly detail: 0 | 1;
  readonly look: Look;
}

export interface IsCompleteRequest {
  readonly type: 'is_complete_request';
  readonly id: string;
  readonly code: string;
}

/** From now on `client` is one of this instance, which runs. */
export interface ConnectRequest {
  readonly type: 'connect_request';
  readonly id: string;
  readonly instance: string;
}

/** What the user has typed in answer to an `input_request`. */
export interface AnswerRequest {
  readonly type: 'answer_request';
  readonly id: string;
  readonly question: string;
  readonly text: string;
}

/** A front end's end of a comm: Jupyter's channel between a widget and the code behind it. */
export interface CommRequest extends CommMessage {
  readonly type: 'comm_request';
  readonly id: string;
}

export interface CommInfoRequest {
  readonly type: 'comm_info_request';
  readonly id: string;
}

export interface CommMessage {
  readonly act: 'open' | 'msg' | 'close';
  readonly comm: string;
  /** Who is to take it; of the message that opens it. */
  readonly target?: string;
  readonly data: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** In base64. */
  readonly buffers?: readonly string[];
}

/** The last pictures that were shown while `client` was one of this instance. */
export interface PicturesRequest {
  readonly type: 'pictures_request';
  readonly id: string;
  readonly instance: string;
  readonly look: Look;
}

export interface KeptPicture {
  /** No picture of another session has the same. */
  readonly key: string;
  /** Of the session. */
  readonly pid: number;
  readonly title: string | null;
  /** Of the cell that showed it. */
  readonly count: number;
  readonly code: string;
  /** ISO times: of its last change, and of its first state. */
  readonly at: string;
  readonly since: string;
  readonly text: string;
}

export interface ShutdownRequest {
  readonly type: 'shutdown_request';
  readonly id: string;
}

export type Request =
  | ExecuteRequest
  | CompleteRequest
  | InspectRequest
  | IsCompleteRequest
  | ConnectRequest
  | AnswerRequest
  | CommRequest
  | CommInfoRequest
  | PicturesRequest
  | ShutdownRequest;

export type Reply =
  | {
      readonly type: 'execute_reply';
      readonly parent: string;
      readonly status: 'ok' | 'error' | 'aborted';
      readonly count: number;
      /** By the names of what was asked. */
      readonly expressions: Readonly<Record<string, ExpressionValue>>;
    }
  | {
      readonly type: 'complete_reply';
      readonly parent: string;
      readonly matches: readonly string[];
      /** UTF-16 offsets in the request's code of what the matches stand in for. */
      readonly start: number;
      readonly end: number;
    }
  | { readonly type: 'inspect_reply'; readonly parent: string; readonly data: MimeBundle | null }
  | {
      readonly type: 'is_complete_reply';
      readonly parent: string;
      readonly status: 'complete' | 'incomplete' | 'invalid';
      readonly indent: string;
    }
  /** `error`: why `client` is what it was before; null when it is the new one. */
  | { readonly type: 'connect_reply'; readonly parent: string; readonly error: string | null }
  | { readonly type: 'answer_reply'; readonly parent: string }
  | { readonly type: 'comm_reply'; readonly parent: string }
  /** Those that are open, with their targets. */
  | { readonly type: 'comm_info_reply'; readonly parent: string; readonly comms: Readonly<Record<string, string>> }
  /** Oldest first. */
  | { readonly type: 'pictures_reply'; readonly parent: string; readonly pictures: readonly KeptPicture[] }
  | { readonly type: 'shutdown_reply'; readonly parent: string };

/** What a value looks like, or why there is none. */
export type ExpressionValue =
  | { readonly status: 'ok'; readonly data: MimeBundle }
  | { readonly status: 'error'; readonly name: string; readonly message: string; readonly text: string };

/** `parent` null: of no cell that is known, as what a thread prints. */
export type Output =
  | { readonly type: 'status'; readonly parent: string | null; readonly state: 'busy' | 'idle' }
  | { readonly type: 'execute_input'; readonly parent: string; readonly code: string; readonly count: number }
  | {
      readonly type: 'stream';
      readonly parent: string | null;
      readonly name: 'stdout' | 'stderr';
      readonly text: string;
    }
  | {
      readonly type: 'display_data' | 'update_display_data';
      readonly parent: string | null;
      /** Of what may be updated later. */
      readonly display: string | null;
      readonly data: MimeBundle;
    }
  /** What the cell has shown by now goes; `wait`: when something takes its place. */
  | { readonly type: 'clear_output'; readonly parent: string | null; readonly wait: boolean }
  /** To whom runs the cell, whose answer is an `answer_request`. */
  | {
      readonly type: 'input_request';
      readonly parent: string;
      readonly question: string;
      readonly prompt: string;
      readonly isSecret: boolean;
    }
  | ({ readonly type: 'comm'; readonly parent: string | null } & CommMessage)
  /** `client` is one of this instance from now on, as a cell wanted it. */
  | { readonly type: 'instance'; readonly parent: string | null; readonly name: string }
  | { readonly type: 'execute_result'; readonly parent: string; readonly count: number; readonly data: MimeBundle }
  | {
      readonly type: 'error';
      readonly parent: string | null;
      readonly name: string;
      readonly message: string;
      /** As it is shown: the user's frames first, in colours where those are wanted. */
      readonly text: string;
    };

export type FromSession = Reply | Output | Welcome;

/** The first line that a front end gets. */
export interface Welcome {
  readonly type: 'welcome';
  readonly protocol: typeof PROTOCOL;
  readonly version: string;
  readonly pid: number;
}

export const PROTOCOL = 1;

/** What the control thread takes, whatever the session's main thread is at. */
export type ControlRequest = { readonly type: 'interrupt_request'; readonly id: string };

/** `stuck`: in code that cannot be ended, as a counted loop in a callback; it hears of it when that returns. */
export interface ControlReply {
  readonly type: 'interrupt_reply';
  readonly parent: string;
  readonly outcome: 'taken' | 'stuck';
}

/** What a session is given by whoever starts it. */
export interface SessionTask {
  /** Where it works, and imports resolve from. */
  readonly workingDirectory: string;
  /** The instance that it will work on, before it is told to connect to it. Default: not known. */
  readonly instance?: string;
  /** Nobody types there: mistakes are not looked for, nothing is loaded that completes names. Default false. */
  readonly typesAreOff?: boolean;
}

/** Where a session says to whoever started it that one of its sockets is there, in lines. */
export const READY_FD = 4;
export const LISTENING = 'listening\n';
export const CONTROLLED = 'controlled\n';

export const SESSION_SOCKET = 'session.sock';
export const CONTROL_SOCKET = 'control.sock';
