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
}

export interface ExecuteRequest {
  readonly type: 'execute_request';
  readonly id: string;
  readonly code: string;
  /** Where its errors say that they are; default `cell-<count>.ts`. */
  readonly file?: string;
  /** Leaves no trace: no count, no `_`, no result. Default false. */
  readonly silent?: boolean;
  /** When it fails, what has been asked for by then is given up, except where this is false. Default true. */
  readonly stopOnError?: boolean;
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
  | ShutdownRequest;

export type Reply =
  | {
      readonly type: 'execute_reply';
      readonly parent: string;
      readonly status: 'ok' | 'error' | 'aborted';
      readonly count: number;
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
  | { readonly type: 'shutdown_reply'; readonly parent: string };

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
  /** Of its sockets; of mode 0700, and removed by who made it. */
  readonly directory: string;
  /** Where imports resolve from. */
  readonly workingDirectory: string;
}

export const SESSION_SOCKET = 'session.sock';
export const CONTROL_SOCKET = 'control.sock';
