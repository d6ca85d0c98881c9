/** The name of the program: on the command line, in run.json, and towards the API. */
export const TOOL = 'telnyx-reassign';
