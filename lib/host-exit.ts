/** How a host process tells by its exit code what became of it. */
export const HOST_EXIT = Object.freeze({
  /** It was shut down, or told to end. */
  ended: 0,
  /** It could not start; why is in its log. */
  notStarted: 78,
  /** Another process has the instance's name, or there is no such instance any more. */
  notNeeded: 79,
});
