"""Who answers: model descriptions (data), task protocols (one batched method each) and the sessions that run them."""
