"""What failures say: from journal entries to text, without pytest and without side effects."""
