/** What the page says. `{address}`, `{stream}` and `{sender}` are filled in. */
export interface UnsubscribeWords {
  skip: string;
  ask: string;
  askStream: string;
  /** In the place of `askStream`, where the stream has no name that people know. */
  askThis: string;
  unsubscribe: string;
  /** Of all mail of the sender. */
  stopAll: string;
  stopAllHint: string;
  /** Above the other streams of the sender. */
  others: string;
  done: string;
  doneStream: string;
  doneThis: string;
  doneAll: string;
  undo: string;
  undone: string;
  undoneText: string;
  unknown: string;
  unknownText: string;
}
