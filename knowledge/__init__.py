"""Articles: loading, index, retrieval, passages. Used by calls, chats and the desk alike."""
