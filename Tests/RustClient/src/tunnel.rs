//! TLS for a ttrpc client: the crate speaks on a plain descriptor and knows no TLS.
//!
//! One end of a socket pair is the crate's; a thread carries the bytes between the other end and the TLS connection.

use openssl::ssl::{ErrorCode, SslConnector, SslFiletype, SslMethod, SslStream, SslVersion};
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::io::{AsRawFd, IntoRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Files of mutual TLS, PEM, in one folder: `ca.pem`, `client.pem`, `client.key`.
pub fn connect(address: &str, name: &str, folder: &Path) -> Result<RawFd, Box<dyn Error>> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_3))?;
    builder.set_ca_file(folder.join("ca.pem"))?;
    builder.set_certificate_chain_file(folder.join("client.pem"))?;
    builder.set_private_key_file(folder.join("client.key"), SslFiletype::PEM)?;
    let tcp = TcpStream::connect(address)?;
    let tls = builder.build().connect(name, tcp)?;
    tls.get_ref().set_nonblocking(true)?;
    let (ours, theirs) = UnixStream::pair()?;
    std::thread::spawn(move || {
        if let Err(error) = carry(tls, ours) {
            eprintln!("the connection is lost: {error}");
        }
    });
    Ok(theirs.into_raw_fd())
}

/// Carries bytes both ways until one side ends.
fn carry(mut tls: SslStream<TcpStream>, mut plain: UnixStream) -> Result<(), Box<dyn Error>> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        // What OpenSSL has decrypted already, or has in its buffer, does not make the socket readable again.
        loop {
            match tls.ssl_read(&mut buffer) {
                Ok(count) => plain.write_all(&buffer[..count])?,
                Err(error) if error.code() == ErrorCode::ZERO_RETURN => return Ok(()),
                Err(error) if error.code() == ErrorCode::WANT_READ => break,
                Err(error) => return Err(error.into()),
            }
        }
        let [_, from_plain] = wait(tls.get_ref().as_raw_fd(), plain.as_raw_fd())?;
        if from_plain {
            let count = plain.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            write_all(&mut tls, &buffer[..count])?;
        }
    }
}

fn write_all(tls: &mut SslStream<TcpStream>, mut bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    while !bytes.is_empty() {
        match tls.ssl_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.code() == ErrorCode::WANT_WRITE => {
                poll(&mut [pollfd(tls.get_ref().as_raw_fd(), libc::POLLOUT)])?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits until at least one of two descriptors can be read, and says which.
fn wait(a: RawFd, b: RawFd) -> std::io::Result<[bool; 2]> {
    let mut descriptors = [pollfd(a, libc::POLLIN), pollfd(b, libc::POLLIN)];
    poll(&mut descriptors)?;
    Ok(descriptors.map(|each| each.revents != 0))
}

fn pollfd(fd: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd { fd, events, revents: 0 }
}

fn poll(descriptors: &mut [libc::pollfd]) -> std::io::Result<()> {
    loop {
        // SAFETY: pointer and count are the slice's own.
        let count = unsafe { libc::poll(descriptors.as_mut_ptr(), descriptors.len() as _, -1) };
        if count >= 0 {
            return Ok(());
        }
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
