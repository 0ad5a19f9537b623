/** The codes of every failure the toolkit raises on purpose. More may be added, none is ever removed. */
export type ServeErrorCode =
  | 'INVALID_ARGUMENT'
  | 'INVALID_TRAFFIC'
  | 'BACKEND_EXISTS'
  | 'BACKEND_NOT_FOUND'
  | 'BACKEND_IN_USE'
  | 'BACKEND_START_FAILED'
  | 'BATCH_NOT_ACCEPTED'
  | 'BATCH_RESULT_INVALID'
  | 'ENDPOINT_EXISTS'
  | 'ENDPOINT_NOT_FOUND'
  | 'ROUTE_EXISTS'
  | 'METHOD_NOT_FOUND'
  | 'INSUFFICIENT_RESOURCES'
  | 'ENV_NOT_FOUND'
  | 'NOT_SHIPPABLE'
  | 'NOT_SERIALIZABLE'
  | 'BACKEND_ERROR'
  | 'REPLICA_DIED'
  | 'QUEUE_FULL'
  | 'NO_REPLICA'
  | 'RECONFIGURE_FAILED'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'BODY_TOO_LARGE'
  | 'BAD_REQUEST'
  | 'HOST_NOT_ALLOWED'
  | 'LISTEN_FAILED'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'SYNC_NOT_POSSIBLE'
  | 'INSTANCE_EXISTS'
  | 'INSTANCE_NOT_FOUND'
  | 'CLIENT_CLOSED'
  | 'PORT_IN_USE'
  | 'MIDDLEWARE_ERROR'
  | 'PROTOCOL_ERROR'
  | 'STORE_LOCKED'
  | 'STORE_CORRUPT'
  | 'STORE_FULL'
  | 'STORE_FAILED'
  | 'STORE_INCOMPATIBLE'
  | 'STORE_NOT_PRIVATE';

/**
 * Every failure the toolkit raises on purpose. `code` is the contract; the message may change.
 *
 * Match on `code`, never on class: class identity does not survive a thread or process boundary, the code does.
 */
export class ServeError extends Error {
  override readonly name: string = 'ServeError';
  readonly code: ServeErrorCode;

  constructor(code: ServeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a backend's own code threw. `cause` has the user's name, message, own enumerable fields and stack. */
export class BackendError extends ServeError {
  override readonly name = 'BackendError';

  constructor(message: string, options?: ErrorOptions) {
    super('BACKEND_ERROR', message, options);
  }
}

/** True for a failure raised by the toolkit, also one that crossed a thread or process or came from another copy. */
export function isServeError(error: unknown): error is ServeError {
  return error instanceof ServeError;
}
