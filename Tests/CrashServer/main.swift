print("crash-server: not wired yet")
