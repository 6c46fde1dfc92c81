"""What a recording says, for a person: a conversation and its answer. Nothing here prints."""
