/** Bull's own script, whose types leave it out. A test pins what it takes. */
declare module 'bull/lib/scripts/addJob-6.js' {
  const script: { name: string; content: string; keys: number };
  export default script;
}
