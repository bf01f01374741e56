// Asks for metrics, like a Prometheus on another machine: one message `{ url }`, one answer with the status and the text's
// length.
process.on('message', async ({ url }: { url: string }) => {
  const response = await fetch(url);
  const text = await response.text();
  process.send!({ status: response.status, characters: text.length });
});
process.on('disconnect', () => process.exit());
