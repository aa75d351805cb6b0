/**
 * A property by which a resource of the program tells whether it is registered for a preview: the engine asks
 * the provider the same in a preview and in an update, and only the second must be refused on the wrong machine.
 * No input: it gets into no state.
 */
export const PREVIEWED = "previewed";
